import { readFileSync } from 'node:fs'
import knex from 'knex'
import { assert, derivedUrl, fails, reset, url } from './common.mjs'

console.log('knex', JSON.parse(readFileSync(new URL('./node_modules/knex/package.json', import.meta.url))).version)
const migration = {
  up: async db => db.schema.createTable('client_items', table => { table.increments(); table.string('name') }),
  down: async db => db.schema.dropTable('client_items'),
}
const migrations = {
  migrationSource: {
    getMigrations: async () => ['first'], getMigrationName: name => name, getMigration: async () => migration,
  },
}
const db = knex({ client: 'pg', connection: url, pool: { min: 0, max: 3 } })
await db.migrate.latest(migrations)
await db.transaction(async t => { await t('client_items').insert([{ name: 'a' }, { name: 'b' }]) })
assert.deepEqual(await db('client_items').orderBy('id').pluck('name'), ['a', 'b'])
await fails(db.raw('SELECT pg_sleep(60)').timeout(500, { cancel: true }))
await db.raw('CREATE DATABASE derived')
const derived = knex({ client: 'pg', connection: derivedUrl })
await derived.migrate.latest(migrations)
assert.equal((await derived.raw('SELECT current_database() AS name')).rows[0].name, 'derived')
await derived.destroy()
reset()
await new Promise(resolve => setTimeout(resolve, 300))
await db.migrate.latest(migrations)
assert.deepEqual(await db('client_items').select(), [])
await db.destroy()
