/** The program starts: whoever opens it is signed in while the first page is drawn. */
import { openSession } from './services/session'

App({
  onLaunch() {
    // A page that needs the session asks for it again, and says so when there is none.
    openSession().catch(() => undefined)
  },
})
