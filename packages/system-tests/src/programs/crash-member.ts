// A member of a summing group that is killed at a step of a commit, if it was told one; until SIGINT or SIGTERM otherwise.
import type { ProcessorOptions } from '@goka/core'
import { Goka } from '@goka/core'
import { type CrashPlan, CrashPoint } from '../crash/crash-point.ts'
import { crashingStorage, crashingTransport } from '../crash/crashing-adapters.ts'
import { type SummingTopics, summingGroup } from '../crash/summing.ts'
import {
  answer,
  gokaOptions,
  type InstanceOptions,
  main,
  print,
  stopSignal,
  told,
} from './instance.ts'

export interface CrashMemberOptions extends InstanceOptions, SummingTopics {
  readonly processor: ProcessorOptions
  readonly crash: CrashPlan | undefined
}

const options = told() as CrashMemberOptions
const signal = stopSignal()
const point = new CrashPoint(options.crash)
let transactionalId: string | undefined
const { transport, storage, ...rest } = gokaOptions(options)
const goka = new Goka({
  ...rest,
  transport: crashingTransport(transport, point, (id) => {
    transactionalId = id
  }),
  storage: crashingStorage(storage, point),
})
const processor = goka.processor(summingGroup(options), options.processor)
processor.state.onChange((state) => print({ kind: 'state', state }))
answer({ report: () => processor.report(), transactionalId: () => transactionalId })
await main(() => processor.run({ signal }))
