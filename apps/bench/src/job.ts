/** What a program is told: names and values, given as `name=value` arguments. */
export type Job = Readonly<Record<string, string | number | readonly number[]>>

/** A job as arguments. */
export function jobArguments(job: Job): string[] {
  return Object.entries(job).map(
    ([name, value]) => `${name}=${typeof value === 'object' ? value.join(',') : value}`,
  )
}
