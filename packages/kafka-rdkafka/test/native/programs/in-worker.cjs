// Uses clients of the main thread until it is terminated; tells how many slabs it has seen.
const { parentPort, workerData } = require('node:worker_threads')
const { ConsumerPump, ProducerSink, RequestSession } = require(workerData.addon)

let slabs = 0
const pump = new ConsumerPump(workerData.consumer, 100, 100_000, 3, true, () => {
  while (pump.take() !== undefined) slabs++
  if (slabs > 0) parentPort.postMessage(slabs)
})

const session = new RequestSession(workerData.producer, () => takeAll(session))
const ask = () => {
  session.submit(0, 'groupOffsets', ['any'], 10_000)
  setImmediate(ask)
}
ask()

// Only the first worker gets it: a producer has one sink.
try {
  const sink = new ProducerSink(workerData.producer, () => takeAll(sink))
  const rows = new ArrayBuffer(40 * 100_000)
  const send = () => {
    sink.send(0, ['native-nowhere'], rows, 100_000, new Uint8Array(0), 0, false)
    setTimeout(send, 20)
  }
  send()
} catch (error) {
  if (!/already/.test(error.message)) throw error
}

function takeAll(from) {
  while (from.take() !== undefined);
}
