import { compile } from './compile.js'

/** `globalSetup` of this package's own tests: Kafka is there before they measure how long a start takes. */
export default async function fetchKafka() {
  compile()
  const { kafkaDistribution } = await import('../dist/distribution.js')
  await kafkaDistribution()
}
