import { Backoff } from '../backoff.ts'
import type { ErrorPolicy } from '../graph/edges.ts'

/** What to do now with a record that has failed for the `failures`th time. */
export type Decision =
  | { readonly kind: 'fail' | 'skip' }
  | { readonly kind: 'deadLetter'; readonly topic: string }
  | { readonly kind: 'retry'; readonly delayMs: number }

export function decide(policy: ErrorPolicy, failures: number): Decision {
  if (policy === 'fail' || policy === 'skip') return { kind: policy }
  if ('deadLetter' in policy) return { kind: 'deadLetter', topic: policy.deadLetter }
  const { retries = Number.POSITIVE_INFINITY, then = 'fail', ...waits } = policy.retry
  if (failures > retries) return decide(then, failures)
  return { kind: 'retry', delayMs: new Backoff(waits).at(failures) }
}

/** The topics that a policy sends dead letters to. */
export function deadLetterTopics(policy: ErrorPolicy | undefined): readonly string[] {
  if (policy === undefined || typeof policy === 'string') return []
  if ('deadLetter' in policy) return [policy.deadLetter]
  return deadLetterTopics(policy.retry.then)
}
