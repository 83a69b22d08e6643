/**
 * `idle` -> `starting` (connecting, checking topics, filling lookups) -> `running` (a member of the group) -> `stopping`
 * -> `stopped`; `restarting` between two tries after a fault of the broker.
 */
export type ProcessorState = 'idle' | 'starting' | 'running' | 'restarting' | 'stopping' | 'stopped'
