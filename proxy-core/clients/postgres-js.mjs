import { readFileSync } from 'node:fs'
import postgres from 'postgres'
import { assert, derivedUrl, fails, reset, url } from './common.mjs'

console.log('postgres', JSON.parse(readFileSync(new URL('./node_modules/postgres/package.json', import.meta.url))).version)
const sql = postgres(url, { max: 3, onnotice: () => {} })
await sql`CREATE TABLE client_items (id serial PRIMARY KEY, name text)`
await sql.begin(async t => {
  await t`INSERT INTO client_items ${t([{ name: 'a' }, { name: 'b' }], 'name')}`
})
assert.deepEqual((await sql`SELECT name FROM client_items ORDER BY id`).map(row => row.name), ['a', 'b'])
const many = await Promise.all(Array.from({ length: 50 }, (_, n) => sql`SELECT ${n}::int AS n`))
assert.deepEqual(many.map(([row]) => row.n), Array.from({ length: 50 }, (_, n) => n))
const sleeping = sql`SELECT pg_sleep(60)`
const slept = fails(sleeping, '57014')
setTimeout(() => sleeping.cancel(), 300)
await slept
const heard = new Promise(resolve => sql.listen('news', resolve).then(() => sql.notify('news', 'hello')))
assert.equal(await heard, 'hello')
await sql`CREATE DATABASE derived`
const derived = postgres(derivedUrl)
assert.equal((await derived`SELECT current_database() AS name`)[0].name, 'derived')
await derived.end()
reset()
await new Promise(resolve => setTimeout(resolve, 300))
assert.equal((await sql`SELECT to_regclass('client_items') AS t`)[0].t, null)
await sql.end({ timeout: 1 })
