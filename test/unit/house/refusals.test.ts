/** Whoever plays by hand reads Chinese: every refusal of an act or of the clock has words on the phones page. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const words = readFileSync('simulator/web/words.js', 'utf8')
const listed = new Set([...words.matchAll(/^ {2}(\w+): '/gm)].map(([, code]) => code))

test('every refusal has its Chinese words', () => {
  const acts = readdirSync('simulator').filter((name) => /^act.*\.ts$/.test(name))
  const codes = acts.flatMap((name) =>
    [...readFileSync(`simulator/${name}`, 'utf8').matchAll(/new ActError\(\s*\d+,\s*'(\w+)'/g)].map(([, code]) => code),
  )
  expect(codes.length).toBeGreaterThan(20)
  expect([...codes, 'not_idle', 'backwards', 'bad_time'].filter((code) => !listed.has(code))).toEqual([])
})
