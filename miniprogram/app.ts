/** The program starts: whoever opens it is signed in while the first page is drawn. */
import { askForAgreement } from './services/agreement'

App({
  onLaunch() {
    // Beside the first page, which waits for nothing but its own answer.
    askForAgreement().catch(() => undefined)
  },
})
