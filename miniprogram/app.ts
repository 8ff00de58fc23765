/** The program starts. Nobody is signed in by that: pages that nobody signs open without a session. */
App({})
