/** The typed client: vendor JSON in, the house's words out; one file of `apis/` per family. */
import { type AppMessagesApi, appMessagesApi } from './apis/app-messages.ts'
import { type ContactWaysApi, contactWaysApi } from './apis/contact-ways.ts'
import { type CorpTagsApi, corpTagsApi } from './apis/corp-tags.ts'
import { type DirectoryApi, directoryApi } from './apis/directory.ts'
import { type ExternalContactsApi, externalContactsApi } from './apis/external-contacts.ts'
import { type KfApi, kfApi } from './apis/kf.ts'
import { type MassMessagesApi, massMessagesApi } from './apis/mass-messages.ts'
import { type MediaApi, mediaApi } from './apis/media.ts'
import { type SignInApi, signInApi } from './apis/sign-in.ts'
import { type TransfersApi, transfersApi } from './apis/transfers.ts'
import { type WelcomeApi, welcomeApi } from './apis/welcome.ts'
import type { Ask } from './ask.ts'

export interface WecomClient
  extends AppMessagesApi,
    ContactWaysApi,
    CorpTagsApi,
    DirectoryApi,
    ExternalContactsApi,
    KfApi,
    MassMessagesApi,
    MediaApi,
    SignInApi,
    TransfersApi,
    WelcomeApi {}

export function createWecomClient(ask: Ask): WecomClient {
  return {
    ...appMessagesApi(ask),
    ...contactWaysApi(ask),
    ...corpTagsApi(ask),
    ...directoryApi(ask),
    ...externalContactsApi(ask),
    ...kfApi(ask),
    ...massMessagesApi(ask),
    ...mediaApi(ask),
    ...signInApi(ask),
    ...transfersApi(ask),
    ...welcomeApi(ask),
  }
}
