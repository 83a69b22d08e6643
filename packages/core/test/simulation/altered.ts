/** The object with some functions replaced. Private members need the others to be called on the object itself. */
export function altered<T extends object>(target: T, changes: Partial<T>): T {
  return new Proxy(target, {
    get(_target, name): unknown {
      const change = changes[name as keyof T]
      if (change !== undefined) return change
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
