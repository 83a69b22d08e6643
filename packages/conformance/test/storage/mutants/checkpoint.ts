import type { Checkpoint, Entry, KeyRange, StoreBatch } from '@goka/interface'
import { ReferenceStore } from '../reference-storage.ts'
import { ofStore, type StorageMutant } from './mutant.ts'

const EMPTY = new Uint8Array(0)

export const checkpointMutants: readonly StorageMutant[] = [
  ofStore(
    'shows the checkpoint as an entry',
    'a checkpoint is not an entry',
    class extends ReferenceStore {
      override select(range: KeyRange): Entry[] {
        const found = super.select(range)
        if (this.checkpoint !== undefined) found.unshift(['\0checkpoint', EMPTY])
        return found
      }
    },
  ),
  ofStore(
    'starts with a checkpoint at 0',
    'a new store has no checkpoint',
    class extends ReferenceStore {
      override get checkpoint(): Checkpoint | undefined {
        return super.checkpoint ?? { position: 0, inputs: {}, timeMs: 0, topicId: undefined }
      }
    },
  ),
  ofStore(
    'tells the checkpoint of the opening',
    'a checkpoint is there once its write has resolved',
    class extends ReferenceStore {
      readonly #first = this.shelf.checkpoint
      override get checkpoint(): Checkpoint | undefined {
        return this.#first
      }
    },
  ),
  ofStore(
    'keeps offsets in 32 bits',
    'a checkpoint is there once its write has resolved',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        const { checkpoint } = batch
        const cut = checkpoint && { ...checkpoint, position: checkpoint.position | 0 }
        await super.write({ ...batch, checkpoint: cut })
      }
    },
  ),
  ofStore(
    'skips a batch without keys',
    'a checkpoint can be written without entries',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        this.assertOpen()
        if (batch.keys.length > 0) await super.write(batch)
      }
    },
  ),
  ofStore(
    'forgets the checkpoint at a write without one',
    'a write without a checkpoint leaves the last one',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        await super.write(batch)
        this.shelf.checkpoint = batch.checkpoint
      }
    },
  ),
  ofStore(
    'merges checkpoints',
    'a checkpoint replaces the last one whole',
    class extends ReferenceStore {
      override async write(batch: StoreBatch): Promise<void> {
        const { checkpoint } = batch
        const merged = checkpoint && {
          ...checkpoint,
          inputs: { ...this.checkpoint?.inputs, ...checkpoint.inputs },
        }
        await super.write({ ...batch, checkpoint: merged })
      }
    },
  ),
  ofStore(
    'assigns inputs by name',
    'a checkpoint of any shape outlives a close where the storage is persistent',
    class extends ReferenceStore {
      override release(): void {
        super.release()
        const { checkpoint } = this.shelf
        if (checkpoint === undefined) return
        const inputs: Record<string, number> = {}
        for (const [topic, offset] of Object.entries(checkpoint.inputs)) inputs[topic] = offset
        this.shelf.checkpoint = { ...checkpoint, inputs }
      }
    },
  ),
  ofStore(
    'loses the identity of the topic at a close',
    'a checkpoint of any shape outlives a close where the storage is persistent',
    class extends ReferenceStore {
      override release(): void {
        super.release()
        const { checkpoint } = this.shelf
        this.shelf.checkpoint = checkpoint && { ...checkpoint, topicId: undefined }
      }
    },
  ),
]
