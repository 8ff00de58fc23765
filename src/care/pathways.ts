/** The pathways of an installation with their versions: what plans are made from, and the doors for whoever edits them. */
import type { EventHandler } from '../platform/events.ts'
import type { Ports } from '../platform/ports.ts'
import type { Pathway } from './pathway.ts'
import { createPublishing } from './publishing.ts'
import type { PathwayProblem } from './static-checks.ts'
import { versionRoutes } from './version-routes.ts'
import { createVersions } from './versions.ts'
import { createVersionStore } from './versions-model.ts'

export interface PathwayDeps extends Pick<Ports, 'db' | 'clock' | 'log'> {
  /** As the configuration files have them. */
  pathways: readonly Pathway[]
  /** Where the file of a pathway says its version, for who has to raise it. */
  placeOf?: (pathway: string) => string
  /** What is wrong with pathways beside this installation's templates, guides and roles. */
  review: (pathways: readonly Pathway[]) => PathwayProblem[]
}

export function createPathways({ db, clock, log, pathways, placeOf, review }: PathwayDeps) {
  const store = createVersionStore(db)
  const versions = createVersions({ versions: store, clock, log, files: pathways, placeOf })
  const publishing = createPublishing({ store, versions, review, clock })
  return {
    versions,
    routes: versionRoutes({ store, versions, publishing }),
    /** Plans are made from what is in force by then, whichever process has published it. */
    informed(handler: EventHandler): EventHandler {
      if ('together' in handler) return { together: (batch) => versions.refresh().then(() => handler.together(batch)) }
      return (event) => versions.refresh().then(() => handler(event))
    },
  }
}
