import { ProduceBatch } from '@goka/interface'
import { describe, expect, it } from '@jest/globals'
import { Epoch } from '../../src/processor/epoch.ts'
import { Cell, type CellContent } from '../../src/table/cell-cache.ts'
import { Gate, inTime, rejection, settle } from '../waiting.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)
const text = (value: CellContent): string | undefined =>
  value === undefined ? undefined : Buffer.from(value as Uint8Array).toString()

function cellOf(value?: string): Cell {
  const cell = new Cell('k')
  cell.load(value === undefined ? undefined : bytes(value))
  return cell
}

describe('an epoch', () => {
  it('is empty until something happens in it', () => {
    expect(new Epoch().isEmpty).toBe(true)
    const written = new Epoch()
    written.write(cellOf(), bytes('1'))
    expect(written.isEmpty).toBe(false)
    const moved = new Epoch()
    moved.positions.set('input', 0)
    expect(moved.isEmpty).toBe(false)
    const sending = new Epoch()
    sending.outputs.add(sending.outputs.topicIndex('out'), 0, 'k', null, Number.NaN, undefined)
    expect(sending.isEmpty).toBe(false)
  })

  it('is drained when it is sealed and all that began in it has ended', async () => {
    const epoch = new Epoch()
    expect(epoch.isDrained).toBe(false)
    epoch.begin()
    epoch.begin()
    epoch.seal()
    let drained = false
    const waiting = epoch.whenDrained().then(() => {
      drained = true
    })
    epoch.end()
    await settle()
    expect([epoch.isDrained, drained]).toEqual([false, false])
    epoch.end()
    await inTime(waiting, 'the end')
    expect(epoch.isDrained).toBe(true)
    await inTime(epoch.whenDrained(), 'what has ended')
  })

  it('without anything under way is drained by its seal', async () => {
    const epoch = new Epoch()
    const waiting = epoch.whenDrained()
    epoch.seal()
    await inTime(waiting, 'the end')
  })

  it('that is broken is waited for no longer, and is never drained', async () => {
    const epoch = new Epoch()
    epoch.begin()
    epoch.seal()
    const waiting = epoch.whenDrained()
    epoch.break()
    await inTime(waiting, 'the break')
    await inTime(epoch.whenDrained(), 'what is broken')
    expect([epoch.isDrained, epoch.isBroken]).toEqual([false, true])
  })

  it('has each cell that it wrote once, with the last value', () => {
    const epoch = new Epoch()
    const cell = cellOf('0')
    epoch.write(cell, bytes('1'))
    epoch.write(cell, bytes('22'))
    expect(epoch.dirty).toEqual([cell])
    expect(text(epoch.contentOf(cell))).toBe('22')
    epoch.write(cell, undefined)
    expect(epoch.contentOf(cell)).toBeUndefined()
  })

  it('counts what it holds: of each key the last value, and outputs until it is over, sent or not', () => {
    const epoch = new Epoch()
    const [cell, other] = [cellOf('0'), cellOf('0')]
    const own = cell.key.length
    epoch.write(cell, bytes('333'))
    epoch.write(cell, bytes('1'))
    expect(epoch.bytes).toBe(own + 1)
    const { content, writer } = cell
    epoch.write(cell, bytes('55555'))
    epoch.undo(cell, content, writer)
    epoch.write(other, bytes('22'))
    epoch.undo(other, bytes('0'), undefined)
    expect(epoch.bytes).toBe(own + 1)
    epoch.write(cell, undefined)
    expect(epoch.bytes).toBe(own)
    const { outputs } = epoch
    outputs.add(outputs.topicIndex('out'), 0, 'key', bytes('4444'), Number.NaN, undefined)
    expect(epoch.bytes).toBe(own + 7)
    epoch.outputs = new ProduceBatch()
    epoch.sending(Promise.resolve(), outputs.byteLength)
    expect(epoch.bytes).toBe(own + 7)
  })

  it('keeps its value when the next epoch writes the cell before it is captured', () => {
    const [first, second, third] = [new Epoch(), new Epoch(), new Epoch()]
    const cell = cellOf('0')
    first.write(cell, bytes('1'))
    second.write(cell, bytes('2'))
    second.write(cell, undefined)
    third.write(cell, bytes('3'))
    expect(text(first.contentOf(cell))).toBe('1')
    expect(second.contentOf(cell)).toBeUndefined()
    expect(text(third.contentOf(cell))).toBe('3')
    expect(text(cell.content)).toBe('3')
  })

  it('that is captured is no concern of later writes', () => {
    const [first, second] = [new Epoch(), new Epoch()]
    const cell = cellOf('0')
    first.write(cell, bytes('1'))
    first.capture()
    second.write(cell, bytes('2'))
    expect(first.isCaptured).toBe(true)
    expect(text(second.contentOf(cell))).toBe('2')
    expect(second.dirty).toEqual([cell])
  })

  describe('takes back', () => {
    it('a first write: the cell is as if nothing had been', () => {
      const epoch = new Epoch()
      const [cell, other] = [cellOf('0'), cellOf('x')]
      epoch.write(cell, bytes('1'))
      epoch.write(other, bytes('y'))
      epoch.undo(cell, bytes('0'), undefined)
      expect(text(cell.content)).toBe('0')
      expect(cell.writer).toBeUndefined()
      expect(epoch.dirty).toEqual([other])
    })

    it('a later write: the earlier one of the same epoch stays', () => {
      const epoch = new Epoch()
      const cell = cellOf('0')
      epoch.write(cell, bytes('1'))
      const { content: before, writer } = cell
      epoch.write(cell, bytes('2'))
      epoch.undo(cell, before, writer)
      expect(text(epoch.contentOf(cell))).toBe('1')
      expect(epoch.dirty).toEqual([cell])
    })

    it('a write over an earlier epoch: that one has its value, and may be written over again', () => {
      const [first, second] = [new Epoch(), new Epoch()]
      const cell = cellOf('0')
      first.write(cell, bytes('1'))
      second.write(cell, bytes('2'))
      second.undo(cell, bytes('1'), first)
      expect(text(first.contentOf(cell))).toBe('1')
      expect(second.isEmpty).toBe(true)
      second.write(cell, bytes('3'))
      expect(text(first.contentOf(cell))).toBe('1')
      expect(text(second.contentOf(cell))).toBe('3')
    })

    it('what was decoded from the value', () => {
      const epoch = new Epoch()
      const cell = cellOf('0')
      epoch.write(cell, bytes('1'))
      cell.value = 1
      cell.decoded = true
      epoch.undo(cell, bytes('0'), undefined)
      expect([cell.decoded, cell.value]).toEqual([false, undefined])
    })
  })

  it('is sent when everything that it sent is acknowledged', async () => {
    const epoch = new Epoch()
    const gates = [new Gate(), new Gate()]
    for (const gate of gates) epoch.sending(gate.promise, 0)
    let sent = false
    const waiting = epoch.sent().then(() => {
      sent = true
    })
    gates[0]?.open()
    await settle()
    expect(sent).toBe(false)
    gates[1]?.open()
    await inTime(waiting, 'the acknowledgements')
  })

  it('is not sent when one of its sends fails, and nobody has to look', async () => {
    const epoch = new Epoch()
    const fault = new Error('not written')
    epoch.sending(Promise.reject(fault), 0)
    await settle()
    expect(await rejection(epoch.sent())).toBe(fault)
  })
})
