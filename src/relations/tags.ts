/** The corp's tags by name: found, or made. */

import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import { firstChars } from '../platform/text.ts'
import { isVendorError, type WecomClient } from '../wecom/index.ts'

export interface Tags {
  /** Ids of the named tags, one of each group; a name that WeCom doesn't take (too many tags) is left out. */
  idsOf(wanted: readonly { group: string; name: string }[]): Promise<string[]>
}

const REMEMBERED_MS = 10 * MINUTE_MS
const EXISTS = 40071
const ALL_USED_UP = 40126
/** Of a tag and of a group. */
const NAME_CHARS = 30

const cut = (text: string) => firstChars(text, NAME_CHARS)
const keyOf = (group: string, name: string) => `${cut(group)}\n${cut(name)}`

export function createTags(wecom: Pick<WecomClient, 'corpTags' | 'addCorpTags'>, clock: Clock): Tags {
  let known: { ids: Map<string, string>; until: Date } = { ids: new Map(), until: addMs(clock.wall(), -1) }

  async function read(): Promise<void> {
    const groups = await wecom.corpTags()
    const ids = groups.flatMap(({ name: group, tags }) =>
      tags.map(({ tagId, name }) => [keyOf(group, name), tagId] as const),
    )
    known = { ids: new Map(ids), until: addMs(clock.wall(), REMEMBERED_MS) }
  }

  async function make(group: string, name: string): Promise<void> {
    try {
      const { tags } = await wecom.addCorpTags({ group: { name: cut(group) }, tags: [{ name: cut(name) }] })
      for (const { tagId, name: made } of tags) known.ids.set(keyOf(group, made), tagId)
    } catch (error) {
      if (!isVendorError(error)) throw error
      // Another process, or a person, was quicker.
      if (error.errcode === EXISTS) return read()
      if (error.errcode !== ALL_USED_UP) throw error
    }
  }

  return {
    async idsOf(wanted) {
      if (known.until <= clock.wall()) await read()
      const ids: string[] = []
      for (const { group, name } of wanted) {
        if (!known.ids.has(keyOf(group, name))) await make(group, name)
        const id = known.ids.get(keyOf(group, name))
        if (id) ids.push(id)
      }
      return ids
    },
  }
}
