/** The compiled part of node-rdkafka: it has librdkafka's texts, which the JavaScript part does not export. */
declare module 'node-rdkafka/librdkafka.js' {
  const binding: { err2str(code: number): string }
  export default binding
}
