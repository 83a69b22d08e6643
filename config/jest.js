/** Shared by every package: TypeScript modules straight from src, nothing built first. */
export const baseConfig = {
  testEnvironment: 'node',
  // Workspace packages resolve to their src/, so that an edit next door needs no rebuild.
  testEnvironmentOptions: { customExportConditions: ['@goka/source', 'node', 'node-addons'] },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': ['@swc/jest', { jsc: { target: 'es2023', parser: { syntax: 'typescript' } } }],
  },
  collectCoverageFrom: ['src/**/*.ts'],
  coverageProvider: 'v8',
}
