import { isGokaError } from '@goka/interface'

/** Whether a fault may pass when everything is closed and tried again after a while. */
export function isRetriable(error: unknown): boolean {
  if (!isGokaError(error)) return false
  switch (error.code) {
    case 'GOKA_TRANSPORT_UNREACHABLE':
    case 'GOKA_TRANSPORT_FENCED':
    case 'GOKA_TRANSPORT_INDEFINITE':
    case 'GOKA_TRANSPORT_ABORTABLE':
    case 'GOKA_TRANSPORT_OFFSET_RANGE':
      return true
    case 'GOKA_TRANSPORT_FAILED':
      return (error.details as { readonly retriable: boolean }).retriable
    default:
      return false
  }
}
