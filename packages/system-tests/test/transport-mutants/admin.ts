import type { TopicDescription } from '@goka/interface'
import { mutant, type TransportMutant, unless } from './mutant.ts'

export const adminMutants: readonly TransportMutant[] = [
  mutant('makes topics of one partition', 'a topic that was created is there with its partitions', {
    admin: (admin) => ({ createTopic: (topic) => admin.createTopic({ ...topic, partitions: 1 }) }),
  }),
  mutant(
    'resolves before a topic can be used',
    'a client can use a topic as soon as its creation has resolved',
    {
      admin: (admin) => ({
        createTopic: async (topic) => {
          setTimeout(() => void admin.createTopic(topic).catch(() => {}), 20)
        },
      }),
    },
  ),
  mutant('says nothing of a topic that exists', 'a topic cannot be created twice', {
    admin: (admin) => ({
      createTopic: (topic) =>
        unless(
          ['GOKA_TOPIC_EXISTS'],
          () => admin.createTopic(topic),
          () => {},
        ),
    }),
  }),
  mutant(
    'makes topics that are asked for',
    'topics leaves out what does not exist and creates nothing',
    {
      admin: (admin) => ({
        topics: async (names) => {
          const found = await admin.topics(names)
          for (const topic of names) {
            if (!found.has(topic)) await admin.createTopic({ topic, partitions: 1 })
          }
          return found
        },
      }),
    },
  ),
  mutant(
    'describes topics that do not exist',
    'topics leaves out what does not exist and creates nothing',
    {
      admin: (admin) => ({
        topics: async (names) => {
          const found = await admin.topics(names)
          const none = { partitions: 0, topicId: undefined }
          return new Map(names.map((topic) => [topic, found.get(topic) ?? { topic, ...none }]))
        },
      }),
    },
  ),
  mutant(
    'takes the name of a topic for its identity',
    'the identity of a topic stays while it exists, and changes when it is made anew',
    {
      admin: (admin) => ({ topics: async (names) => identified(await admin.topics(names), same) }),
    },
  ),
  mutant(
    'makes up an identity at each call',
    'the identity of a topic stays while it exists, and changes when it is made anew',
    {
      admin: (admin) => ({
        topics: async (names) => identified(await admin.topics(names), () => `${Math.random()}`),
      }),
    },
  ),
  mutant('deletes no topic', 'a topic that was deleted is gone', {
    admin: () => ({ deleteTopic: async () => {} }),
  }),
  mutant('adds no partitions', 'partitions can be added', {
    admin: () => ({ createPartitions: async () => {} }),
  }),
  mutant('takes any number of partitions', 'the number of partitions only rises', {
    admin: (admin) => ({
      createPartitions: (topic, partitions) =>
        unless(
          ['GOKA_TRANSPORT_FAILED'],
          () => admin.createPartitions(topic, partitions),
          () => {},
        ),
    }),
  }),
  mutant(
    'tells the offset of the last record as the latest',
    'offsets are those of the first record kept and of the next one to be written',
    {
      admin: (admin) => ({
        offsets: async (partitions, which) =>
          (await admin.offsets(partitions, which)).map((position) => ({
            ...position,
            offset: which === 'latest' ? Math.max(0, position.offset - 1) : position.offset,
          })),
      }),
    },
  ),
  mutant(
    'stops counting at an open transaction',
    'the latest offset counts what open transactions have written',
    () => {
      let open = false
      return {
        admin: (admin) => ({
          offsets: (partitions, which) => admin.offsets(partitions, open ? 'earliest' : which),
        }),
        transactional: (producer) => ({
          begin: () => {
            open = true
            return producer.begin()
          },
        }),
      }
    },
  ),
  mutant(
    'leaves out offsets of unknown topics',
    'offsets of a topic that does not exist have its code',
    {
      admin: (admin) => ({
        offsets: (partitions, which) =>
          unless(
            ['GOKA_TOPIC_UNKNOWN'],
            () => admin.offsets(partitions, which),
            () => [],
          ),
      }),
    },
  ),
  mutant(
    'replaces the configuration when it alters it',
    'the configuration of topics is as its capability says',
    () => {
      const altered = new Map<string, Readonly<Record<string, string>>>()
      return {
        admin: (admin) => ({
          alterTopicConfig: async (topic, config) => {
            await admin.alterTopicConfig(topic, config)
            altered.set(topic, config)
          },
          topicConfig: async (topic) => altered.get(topic) ?? admin.topicConfig(topic),
        }),
      }
    },
  ),
  mutant(
    'can configure topics though it says no',
    'the configuration of topics is as its capability says',
    { capabilities: { topicConfig: false } },
  ),
  mutant('deletes no records', 'records are deleted as the capability says', {
    admin: () => ({ deleteRecords: async () => {} }),
  }),
  mutant('can delete records though it says no', 'records are deleted as the capability says', {
    capabilities: { deleteRecords: false },
  }),
  mutant(
    'tells partitions without a commit too',
    'what a group committed is told as the capability says',
    {
      admin: (admin) => ({
        groupOffsets: async (group) => {
          const found = await admin.groupOffsets(group)
          return [...found, { topic: found[0]?.topic ?? 'none', partition: 1, offset: -1 }]
        },
      }),
    },
  ),
  mutant(
    'knows what groups committed though it says no',
    'what a group committed is told as the capability says',
    { capabilities: { groupOffsets: false } },
  ),
  mutant('sets no group offsets', 'what a group committed is set as the capability says', {
    admin: () => ({ alterGroupOffsets: async () => {} }),
  }),
  mutant(
    'says nothing of members when it sets group offsets',
    'what a group with members committed cannot be set',
    {
      admin: (admin) => ({
        alterGroupOffsets: (group, offsets) =>
          unless(
            ['GOKA_TRANSPORT_FAILED'],
            () => admin.alterGroupOffsets(group, offsets),
            () => {},
          ),
      }),
    },
  ),
]

const same = (topic: string): string => topic

function identified(
  found: ReadonlyMap<string, TopicDescription>,
  identity: (topic: string) => string,
): ReadonlyMap<string, TopicDescription> {
  return new Map([...found].map(([name, topic]) => [name, { ...topic, topicId: identity(name) }]))
}
