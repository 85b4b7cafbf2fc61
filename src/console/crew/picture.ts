/** A telephone's picture is far larger than a proof has to be: it is drawn smaller before it waits for the line. */

const LONGEST_EDGE = 1_600;
const QUALITY = 0.82;

/** A JPEG of at most 1600 pixels; drawing it anew also leaves the camera's own data (place, serial number) behind. */
export async function smallPicture(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  try {
    const scale = Math.min(1, LONGEST_EDGE / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  } finally {
    bitmap.close();
  }
}
