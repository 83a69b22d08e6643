/** One header of a record. Names may repeat and keep their order; a value may be absent (`null`). */
export interface Header {
  readonly name: string
  readonly value: Uint8Array | null
}

/** The headers of a record, in order. */
export type Headers = readonly Header[]
