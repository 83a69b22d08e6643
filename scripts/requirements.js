import { capture } from './command.js'

const compiler = {
  name: 'a C++ compiler',
  why: 'to compile node-rdkafka',
  install: 'apt-get install g++',
  found: () => capture(process.env.CXX ?? 'c++', ['--version']) !== undefined,
}
const make = {
  name: 'make',
  why: 'to compile node-rdkafka',
  install: 'apt-get install make',
  found: () => capture('make', ['--version']) !== undefined,
}
const python = {
  name: 'python3',
  why: 'to compile node-rdkafka (node-gyp is written in it)',
  install: 'apt-get install python3',
  found: () => capture('python3', ['--version']) !== undefined,
}
const java = {
  name: 'Java 17 or newer',
  why: 'to run Apache Kafka',
  install: 'apt-get install openjdk-17-jre-headless',
  found: () => Number(/version "(\d+)/.exec(capture('java', ['-version']) ?? '')?.[1] ?? 0) >= 17,
}
const maven = {
  name: 'Maven',
  why: 'to fetch Apache Kafka',
  install: 'apt-get install maven',
  found: () => capture('mvn', ['--version']) !== undefined,
}

/** What compiling the native Kafka client needs. */
export const compileRequirements = [compiler, make, python]
/** What the whole test run needs. */
export const testRequirements = [...compileRequirements, java, maven]

/** Says of each requirement that is not met what it is for and how to get it; true if there is none. */
export function checkRequirements(requirements) {
  const missing = requirements.filter(({ found }) => !found())
  for (const { name, why, install } of missing) {
    console.error(`missing: ${name}, ${why} (Debian and Ubuntu: ${install})`)
  }
  return missing.length === 0
}

/** True if this Node is one the project supports; says so if not. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return true
  console.error(`Node ${process.versions.node} is too old: use 20.19, 22.12 or newer`)
  return false
}
