import type { Checkpoint } from '@goka/interface'

/** A checkpoint as it is kept: JSON. */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  return JSON.stringify(checkpoint)
}

/** @throws Error when the record is no checkpoint */
export function readCheckpoint(record: string): Checkpoint {
  const { position, inputs, timeMs, topicId } = JSON.parse(record) as Partial<Checkpoint>
  if (!isOffset(position) || !isOffsets(inputs) || typeof timeMs !== 'number') {
    throw new Error('its checkpoint is none')
  }
  return { position, inputs, timeMs, topicId }
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isOffsets(value: unknown): value is Record<string, number> {
  return typeof value === 'object' && value !== null && Object.values(value).every(isOffset)
}
