/** Deterministic keys: the same facts give the same id in every process, so that doing twice is doing once. */
import { createHash } from 'node:crypto'

const join = (parts: readonly (string | number)[]): string => parts.map((part) => String(part)).join('|')

/** 32 lower-case hex digits of sha256 over the parts: also a legal kf `msgid`. */
export const hashId = (...parts: readonly (string | number)[]): string =>
  createHash('sha256').update(join(parts)).digest('hex').slice(0, 32)

/** A stable number in [0, 1) from the parts: spreads work without a shared random stream. */
export const hashUnit = (...parts: readonly (string | number)[]): number =>
  createHash('sha256').update(join(parts)).digest().readUInt32BE(0) / 2 ** 32

export const sha256Hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
