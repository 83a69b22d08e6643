/** The topic of a group's table, as Goka names it. */
export function tableTopic<Group extends string>(group: Group): `${Group}-table` {
  return `${group}-table`
}

/** The topic through which a group sends to itself, as Goka names it. */
export function loopTopic<Group extends string>(group: Group): `${Group}-loop` {
  return `${group}-loop`
}
