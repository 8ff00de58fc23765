/** Versions of surveys: an invitation is answered in the version that it was made with, whatever the files say later. */
import { ConfigError } from '../platform/config.ts'
import { type Survey, SurveyFile } from './definition.ts'
import type { Pinned, SurveyStore } from './model.ts'

export interface Surveys {
  /** As the files have them. */
  current: ReadonlyMap<string, Survey>
  /** In the versions that were pinned; what no release can read any more is left out. */
  of(pinned: readonly Pinned[]): Promise<Survey[]>
  /**
   * Keeps the files' versions.
   *
   * @throws ConfigError a file that says something else than the version of its number that is kept
   */
  keepFiles(): Promise<void>
}

const keyOf = ({ id, version }: Pinned): string => `${id}@${version}`

const asRead = ({ id: _, ...body }: Survey) => JSON.parse(JSON.stringify(body)) as Record<string, unknown>
/** Both as this release reads them: a later one fills in what files may leave out now. */
const isSame = (kept: unknown, body: unknown): boolean =>
  JSON.stringify(SurveyFile.safeParse(kept).data ?? null) === JSON.stringify(SurveyFile.safeParse(body).data)

export function createVersions(store: SurveyStore, files: readonly Survey[]): Surveys {
  const current = new Map(files.map((survey) => [survey.id, survey]))
  const known = new Map(files.map((survey) => [keyOf(survey), survey]))
  return {
    current,
    async of(pinned) {
      const missing = pinned.map(keyOf).filter((key) => !known.has(key))
      for (const { _id, body } of await store.versions(missing)) {
        const { success, data } = SurveyFile.safeParse(body)
        if (success) known.set(_id, { id: _id.slice(0, _id.indexOf('@')), ...data })
      }
      return pinned.flatMap((one) => known.get(keyOf(one)) ?? [])
    },
    async keepFiles() {
      const rows = files.map((survey) => ({ _id: keyOf(survey), body: asRead(survey) }))
      await store.keepVersions(rows)
      const kept = new Map((await store.versions(rows.map(({ _id }) => _id))).map(({ _id, body }) => [_id, body]))
      const changed = rows.filter(({ _id, body }) => !isSame(kept.get(_id), body))
      if (changed.length > 0)
        throw new ConfigError(
          changed.map(
            ({ _id }) =>
              `config/surveys: ${_id} is kept with another content, which invitations follow: raise its version (or start with an empty database) [version_reused]`,
          ),
        )
    },
  }
}
