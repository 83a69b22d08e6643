import type { PartitionReader } from '@goka/interface'
import { GokaError } from '@goka/interface'
import { mutant, type TransportMutant } from './mutant.ts'

const closed = (): GokaError =>
  new GokaError('GOKA_TRANSPORT_CLOSED', 'the client is closed', { client: 'mutant' })

const never = { close: async () => {} }

export const closeMutants: readonly TransportMutant[] = [
  mutant('has no name', 'a transport has a name and capabilities', { name: '' }),
  mutant(
    'leaves everything open',
    [
      'after its close an admin refuses',
      'after its close a producer refuses',
      'after its close a transactional producer refuses',
      'after its close a reader refuses, and its polls are empty',
      'after its close a member of a group refuses, and its polls are empty',
    ],
    {
      admin: () => never,
      producer: () => never,
      transactional: () => never,
      reader: () => never,
      consumer: () => never,
    },
  ),
  mutant(
    'refuses to poll after its close',
    [
      'after its close a reader refuses, and its polls are empty',
      'after its close a member of a group refuses, and its polls are empty',
    ],
    {
      reader: (reader) => {
        let open = true
        return {
          poll: async (timeoutMs) => {
            if (!open) throw closed()
            return reader.poll(timeoutMs)
          },
          close: () => {
            open = false
            return reader.close()
          },
        }
      },
      consumer: (consumer) => {
        let open = true
        return {
          poll: async (timeoutMs) => {
            if (!open) throw closed()
            return consumer.poll(timeoutMs)
          },
          close: () => {
            open = false
            return consumer.close()
          },
        }
      },
    },
  ),
  mutant('cannot be closed twice', 'after its close an admin refuses', {
    admin: (admin) => {
      let open = true
      return {
        close: async () => {
          if (!open) throw closed()
          open = false
          await admin.close()
        },
      }
    },
  }),
  mutant('rejects a poll under way at its close', 'a poll under way ends with the close', {
    reader: (reader) => {
      let open = true
      return {
        poll: async (timeoutMs) => {
          const batches = await reader.poll(timeoutMs)
          if (!open) throw closed()
          return batches
        },
        close: () => {
          open = false
          return reader.close()
        },
      }
    },
  }),
  mutant('closes all readers with one', 'closing a client leaves the others', () => {
    const readers: PartitionReader[] = []
    return {
      reader: (reader) => {
        readers.push(reader)
        return {
          close: async () => {
            await Promise.all(readers.map((each) => each.close()))
          },
        }
      },
    }
  }),
]
