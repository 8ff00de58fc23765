/** What a clinic sets before it uploads the program. */

/** The clinic's server; the same host stands in the mini-program's list of request, upload and download domains. */
export const serverUrl = 'https://care.example.cn'
