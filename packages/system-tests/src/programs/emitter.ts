// Emits a message each tenth of a second until SIGINT or SIGTERM, and prints 'emitted' for each that is acknowledged.
import { countedStream } from '../counting.ts'
import { type InstanceOptions, instance, main, print, stopSignal, told } from './instance.ts'

export interface EmitterProgramOptions extends InstanceOptions {
  readonly topic: string
}

const options = told() as EmitterProgramOptions
const signal = stopSignal()
await main(async () => {
  const emitter = instance(options).emitter(countedStream(options.topic))
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      print({ kind: 'state', state: 'emitting' })
      emitter.emit('some-key', 'some-value').then(() => {
        print({ kind: 'state', state: 'emitted' })
      }, reject)
    }, 100)
    signal.addEventListener('abort', () => {
      clearInterval(timer)
      resolve()
    })
  })
  await emitter.close()
})
