import { readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { pgTable, serial, text } from 'drizzle-orm/pg-core'
import { sql } from 'drizzle-orm'
import pg from 'pg'
import { assert, derivedUrl, fails, reset, url } from './common.mjs'

console.log('drizzle-orm', JSON.parse(readFileSync(new URL('./node_modules/drizzle-orm/package.json', import.meta.url))).version)
const migrationsFolder = new URL('./drizzle', import.meta.url).pathname
mkdirSync(`${migrationsFolder}/meta`, { recursive: true })
writeFileSync(`${migrationsFolder}/0000_first.sql`, 'CREATE TABLE client_items (id serial PRIMARY KEY, name text);')
writeFileSync(`${migrationsFolder}/meta/_journal.json`, JSON.stringify({
  version: '7', dialect: 'postgresql',
  entries: [{ idx: 0, version: '7', when: 1700000000000, tag: '0000_first', breakpoints: true }],
}))
const items = pgTable('client_items', { id: serial('id').primaryKey(), name: text('name') })
const pool = new pg.Pool({ connectionString: url, max: 3 })
pool.on('error', e => assert.equal(e.code, '57P01'))
const db = drizzle(pool)
await migrate(db, { migrationsFolder })
await db.transaction(async t => { await t.insert(items).values([{ name: 'a' }, { name: 'b' }]) })
assert.deepEqual((await db.select().from(items).orderBy(items.id)).map(item => item.name), ['a', 'b'])
await fails(db.transaction(async t => {
  await t.execute(sql`SET LOCAL statement_timeout = '300ms'`)
  await t.execute(sql`SELECT pg_sleep(60)`)
}), '57014')
await db.execute(sql`CREATE DATABASE derived`)
const derivedPool = new pg.Pool({ connectionString: derivedUrl })
await migrate(drizzle(derivedPool), { migrationsFolder })
assert.deepEqual(await drizzle(derivedPool).select().from(items), [])
await derivedPool.end()
reset()
await new Promise(resolve => setTimeout(resolve, 300))
await migrate(db, { migrationsFolder })
assert.deepEqual(await db.select().from(items), [])
await pool.end()
