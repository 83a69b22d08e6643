/* eslint @typescript-eslint/no-unnecessary-type-parameters: off, @typescript-eslint/no-unused-vars: off -- types are what is computed */
/** `true` when two types are the same to the compiler, also where one of them is `any` or `never`. */
export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only for `true`. */
export function expectType<_Check extends true>(): void {}
