// The camera, frame by frame, until one shows a license code. Pictures stay on this device.
import { readFrame } from './read-photo.ts';

/** Milliseconds between two frames: reading one takes about as long. */
const pause = 120;
/** Pixels asked of the camera: enough for four of them a module of a code that fills half the picture. */
const wanted = { width: { ideal: 1920 }, height: { ideal: 1080 } } as const;

export interface Camera {
  /** Settles with the digits, or with null once it was stopped. */
  readonly digits: Promise<string | null>;
  stop(): void;
}

function frameOf(video: HTMLVideoElement, canvas: HTMLCanvasElement): ImageData | null {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0 || height === 0) return null;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) return null;
  context.drawImage(video, 0, 0);
  return context.getImageData(0, 0, width, height);
}

/**
 * Opens the camera that looks away from the person.
 * @throws DOMException where there is none, or the person says no
 */
export async function openCamera(video: HTMLVideoElement): Promise<Camera> {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: 'environment' }, ...wanted },
  });
  let running = true;
  const stop = (): void => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  video.srcObject = stream;
  try {
    await video.play();
  } catch (error) {
    stop();
    throw error;
  }
  const canvas = document.createElement('canvas');
  const look = async (): Promise<string | null> => {
    while (running) {
      const frame = frameOf(video, canvas);
      const digits = frame === null ? null : await readFrame(frame);
      if (digits !== null) {
        stop();
        return digits;
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    return null;
  };
  return { digits: look(), stop };
}
