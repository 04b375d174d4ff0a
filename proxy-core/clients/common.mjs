// What every client in node is given, and what it is asked to do between two steps.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'

export { assert }
export const url = process.env.DATABASE_URL
export const derivedUrl = process.env.DERIVED_URL

export function reset() {
  const [command, ...args] = process.env.RESET_COMMAND.split(' ')
  execFileSync(command, args, { stdio: 'ignore' })
}

export async function fails(promise, code) {
  try {
    await promise
  } catch (e) {
    const told = e.cause ?? e
    if (code) assert.equal(told.code, code, String(told))
    return told
  }
  throw new Error('it did not fail')
}
