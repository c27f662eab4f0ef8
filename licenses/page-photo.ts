// The holder's photo on a page: the bytes that were checked, as one image object; nothing is decoded or drawn anew.
import {
  PDFRawStream,
  drawObject,
  concatTransformationMatrix,
  popGraphicsState,
  pushGraphicsState,
} from 'pdf-lib';
import type { PDFContext, PDFPage, PDFRef } from 'pdf-lib';

/** A photo as a PDF takes it (ISO 32000-1 8.9.5): a JPEG file, or the packed rows of a PNG. */
export interface PagePhoto {
  readonly width: number;
  readonly height: number;
  readonly colours: 'grey' | 'rgb';
  /** `jpeg`: a whole file. `png`: a zlib stream of rows, each behind its filter byte, 8 bits a sample. */
  readonly coding: 'jpeg' | 'png';
  readonly data: Uint8Array;
}

/** An image of the document, with its size in pixels. */
export interface EmbeddedPhoto {
  readonly reference: PDFRef;
  readonly width: number;
  readonly height: number;
}

/** Puts the photo into the document. */
export function embedPhoto(context: PDFContext, photo: PagePhoto): EmbeddedPhoto {
  const { width, height, colours, coding, data } = photo;
  const dictionary = {
    Type: 'XObject',
    Subtype: 'Image',
    Width: width,
    Height: height,
    BitsPerComponent: 8,
    ColorSpace: colours === 'grey' ? 'DeviceGray' : 'DeviceRGB',
    ...(coding === 'jpeg'
      ? { Filter: 'DCTDecode' }
      : {
          Filter: 'FlateDecode',
          DecodeParms: {
            Predictor: 15,
            Colors: colours === 'grey' ? 1 : 3,
            BitsPerComponent: 8,
            Columns: width,
          },
        }),
  };
  const reference = context.register(PDFRawStream.of(context.obj(dictionary), data));
  return { reference, width, height };
}

/** Draws it into the middle of its box, as large as fits, never stretched. @param box points */
export function drawPhoto(
  page: PDFPage,
  photo: EmbeddedPhoto,
  box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  const scale = Math.min(box.width / photo.width, box.height / photo.height);
  const [width, height] = [photo.width * scale, photo.height * scale];
  const [x, y] = [box.x + (box.width - width) / 2, box.y + (box.height - height) / 2];
  const name = page.node.newXObject('Photo', photo.reference);
  page.pushOperators(
    pushGraphicsState(),
    concatTransformationMatrix(width, 0, 0, height, x, y),
    drawObject(name),
    popGraphicsState(),
  );
}
