/** Three digits that count; whole numbers in full. */
export function format(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}
