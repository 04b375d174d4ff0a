import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { assert, derivedUrl, fails, reset, url } from './common.mjs'

const require = createRequire(import.meta.url)
const here = new URL('.', import.meta.url).pathname
const migration = 'CREATE TABLE client_items (id serial PRIMARY KEY, name text);'
mkdirSync(`${here}prisma/migrations/0001_first`, { recursive: true })
writeFileSync(`${here}prisma/migrations/0001_first/migration.sql`, migration)
writeFileSync(`${here}prisma/migrations/migration_lock.toml`, 'provider = "postgresql"\n')
writeFileSync(`${here}prisma/schema.prisma`, `
generator client {
  provider = "prisma-client-js"
}
datasource db {
  provider = "postgresql"
}
model client_items {
  id   Int     @id @default(autoincrement())
  name String?
}
`)
writeFileSync(`${here}prisma.config.mjs`, `
import { defineConfig } from 'prisma/config'
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL },
})
`)

const prisma = (env, ...args) =>
  execFileSync(`${here}node_modules/.bin/prisma`, args, { cwd: here, env: { ...process.env, ...env }, stdio: 'pipe' })

// The client needs no engine; that of migrations is a program that is loaded from Prisma's own host.
prisma({ PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true' }, 'generate')
const { PrismaClient } = require('@prisma/client')
const { PrismaPg } = require('@prisma/adapter-pg')
const open = connectionString =>
  new PrismaClient({ adapter: new PrismaPg({ connectionString, max: 3 }, { onPoolError: () => {}, onConnectionError: () => {} }) })

let engine = true
async function migrate(client, database) {
  if (engine) {
    try {
      prisma({ DATABASE_URL: database }, 'migrate', 'deploy')
      return
    } catch (e) {
      const told = `${e.stdout}${e.stderr}`
      if (!told.includes('binaries.prisma.sh')) throw new Error(told)
      engine = false
    }
  }
  await client.$executeRawUnsafe(migration)
}

const db = open(url)
await migrate(db, url)
console.log('prisma', require('prisma/package.json').version,
  engine ? '' : '(its schema engine cannot be loaded, so the migration was run as SQL)')
await db.$transaction([
  db.client_items.create({ data: { name: 'a' } }),
  db.client_items.create({ data: { name: 'b' } }),
])
const names = async client => (await client.client_items.findMany({ orderBy: { id: 'asc' } })).map(item => item.name)
assert.deepEqual(await names(db), ['a', 'b'])
const cancelled = await fails(db.$transaction(async t => {
  await t.$executeRawUnsafe("SET LOCAL statement_timeout = '300ms'")
  await t.$queryRawUnsafe('SELECT 1 FROM pg_sleep(60)')
}, { timeout: 30000 }))
assert.match(JSON.stringify(cancelled.meta ?? String(cancelled)), /57014|statement timeout/)
await db.$executeRawUnsafe('CREATE DATABASE derived')
const derived = open(derivedUrl)
await migrate(derived, derivedUrl)
assert.deepEqual(await names(derived), [])
await derived.$disconnect()
reset()
await new Promise(resolve => setTimeout(resolve, 300))
await migrate(db, url)
assert.deepEqual(await names(db), [])
await db.$disconnect()
