import { describe, expect, it } from '@jest/globals'
import { serverProperties } from '../src/server-properties.ts'

const address = { port: 9092, controllerPort: 9093, path: '/broker' }

describe('server.properties', () => {
  it('listens on loopback only, as broker and controller', () => {
    const lines = serverProperties(address, {}).split('\n')
    expect(lines).toContain('listeners=CLIENT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093')
    expect(lines).toContain('process.roles=broker,controller')
    expect(lines).toContain('log.dirs=/broker/data')
    expect(lines).toContain('metadata.log.dir=/broker/metadata')
    expect(lines).toContain('auto.create.topics.enable=false')
  })

  it('takes every entry of the caller, over a default too', () => {
    const lines = serverProperties(address, {
      'auto.create.topics.enable': 'true',
      'num.partitions': '3',
    }).split('\n')
    expect(lines).toContain('auto.create.topics.enable=true')
    expect(lines).not.toContain('auto.create.topics.enable=false')
    expect(lines).toContain('num.partitions=3')
  })

  it('writes what Java would read otherwise as it means it', () => {
    const text = serverProperties(address, { a: 'c:\\new', b: 'two\nlines', c: '  blanks' })
    expect(text).toContain('a=c:\\\\new\nb=two\\nlines\nc=\\  blanks\n')
  })
})
