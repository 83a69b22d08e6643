// A view of the table of a counting group, until SIGINT or SIGTERM.
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

export interface ViewProgramOptions extends InstanceOptions {
  readonly group: string
}

const options = told() as ViewProgramOptions
const signal = stopSignal()
const view = instance(options).view(countingGroup(options.group, 'not-read').table)
view.state.onChange((state) => print({ kind: 'state', state }))
answer({
  entries: async () => {
    const entries: [string, bigint][] = []
    for await (const entry of view.entries()) entries.push(entry)
    return entries
  },
  report: () => view.report(),
})
await main(() => view.run({ signal }))
