// A member of a counting group, until SIGINT or SIGTERM. It ends by itself then: nothing of it may keep the process.
import type { ProcessorOptions } from '@goka/core'
import { countingGroup } from '../counting.ts'
import {
  answer,
  type InstanceOptions,
  instance,
  main,
  print,
  stopSignal,
  told,
} from './instance.ts'

export interface ProcessorProgramOptions extends InstanceOptions {
  readonly group: string
  readonly input: string
  readonly processor: ProcessorOptions
}

const options = told() as ProcessorProgramOptions
const signal = stopSignal()
const processor = instance(options).processor(
  countingGroup(options.group, options.input),
  options.processor,
)
processor.state.onChange((state) => print({ kind: 'state', state }))
answer({
  report: () => processor.report(),
  get: (key: string) => processor.get(key),
})
await main(() => processor.run({ signal }))
