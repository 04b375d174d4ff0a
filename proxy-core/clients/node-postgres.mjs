import { readFileSync } from 'node:fs'
import pg from 'pg'
import { assert, derivedUrl, fails, reset, url } from './common.mjs'

console.log('pg', JSON.parse(readFileSync(new URL('./node_modules/pg/package.json', import.meta.url))).version)
const client = new pg.Client({ connectionString: url })
await client.connect()
await client.query('CREATE TABLE client_items (id serial PRIMARY KEY, name text)')
await client.query('BEGIN')
for (const name of ['a', 'b']) await client.query('INSERT INTO client_items (name) VALUES ($1)', [name])
await client.query('COMMIT')
for (let i = 0; i < 5; i++) {
  const { rows } = await client.query({ name: 'names', text: 'SELECT name FROM client_items WHERE id > $1', values: [i] })
  assert.equal(rows.length, Math.max(0, 2 - i))
}
// The certificate is verified against the authority, and the password bound to it.
const secure = new pg.Client({
  connectionString: url.replace(/\?.*/, '').replace('127.0.0.1', 'localhost'),
  ssl: { ca: readFileSync(process.env.CA, 'utf8') }, enableChannelBinding: true,
})
await secure.connect()
assert.equal((await secure.query('SELECT count(*)::int AS n FROM client_items')).rows[0].n, 2)
const sleeping = client.query('SELECT pg_sleep(60)')
const cancelling = new Promise(resolve => setTimeout(resolve, 300))
  .then(() => secure.query('SELECT pg_cancel_backend($1)', [client.processID]))
await fails(sleeping, '57014')
await cancelling
await secure.end()
await client.query('CREATE DATABASE derived')
const derived = new pg.Client({ connectionString: derivedUrl })
await derived.connect()
assert.equal((await derived.query('SELECT current_database() AS name')).rows[0].name, 'derived')
await derived.end()
const pool = new pg.Pool({ connectionString: url, max: 3 })
pool.on('error', e => assert.equal(e.code, '57P01'))
await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.1)')))
const told = new Promise(resolve => client.on('error', resolve))
reset()
const reason = await told
assert.equal(reason.code, '57P01')
assert.match(reason.message, /is being reset/)
await new Promise(resolve => setTimeout(resolve, 300))
assert.equal((await pool.query("SELECT to_regclass('client_items') AS t")).rows[0].t, null)
await pool.end()
