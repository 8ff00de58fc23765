/** Files of the phone, as promises. */

const manager = (): WechatMiniprogram.FileSystemManager => wx.getFileSystemManager()

/** Keeps a temporary file over the end of the program. @returns its lasting path */
export const saveFile = (tempFilePath: string): Promise<string> =>
  new Promise((resolve, reject) => {
    manager().saveFile({
      tempFilePath,
      success: ({ savedFilePath }) => resolve(savedFilePath),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })

export const fileFacts = (filePath: string): Promise<{ bytes: number; sha256: string }> =>
  new Promise((resolve, reject) => {
    manager().getFileInfo({
      filePath,
      digestAlgorithm: 'sha256',
      success: ({ size, digest }) => resolve({ bytes: size, sha256: digest }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })

export const readPart = (filePath: string, position: number, length: number): Promise<ArrayBuffer> =>
  new Promise((resolve, reject) => {
    manager().readFile({
      filePath,
      position,
      length,
      success: ({ data }) => resolve(data as ArrayBuffer),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })

export const removeFile = (filePath: string): void => manager().unlink({ filePath, fail: () => undefined })
