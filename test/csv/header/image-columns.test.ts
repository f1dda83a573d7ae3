import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnKey, isOurColumn } from '../../../src/csv/header/columns.ts';
import { imageColumns } from '../../../src/csv/header/image-columns.ts';

function imagesOf(header: string): string {
  const names = header.split(',');
  return imageColumns(names.map(columnKey))
    .map((i) => names[i])
    .join(',');
}

test('main and additional images are read together, the main one first and the others by number', () => {
  for (const [header, images] of [
    ['SKU,Main Image,Additional Images', 'Main Image,Additional Images'],
    ['image,images', 'image,images'],
    ['Image,Image 2 URL', 'Image,Image 2 URL'],
    ['Image URL,Gallery', 'Image URL,Gallery'],
    ['Gallery,Image URL', 'Image URL,Gallery'],
    ['Additional Images,Image 2,Image 1,Main Image', 'Main Image,Image 1,Image 2,Additional Images'],
    ['photo1,photo10,photo9,photo2', 'photo1,photo2,photo9,photo10'],
    ['Picture 1,Picture 2,Pictures count', 'Picture 1,Picture 2'],
  ] as const)
    assert.equal(imagesOf(header), images, header);
});

test('the names of shops, marketplaces and tools are known', () => {
  for (const [header, images] of [
    ['PicURL,GalleryURL,*Format', 'PicURL,GalleryURL'], // eBay
    ['Item photo URL', 'Item photo URL'],
    ['ItemPhotoURL', 'ItemPhotoURL'],
    ['image_link,additional_image_link,lifestyle_image_link', 'image_link,additional_image_link'], // Google, Meta
    ['image[1].url,image[0].url,image[0].tag[0]', 'image[0].url,image[1].url'], // Meta
    [
      'Main Image,Alternate Image 1,salsify:digital_assets',
      'Main Image,salsify:digital_assets,Alternate Image 1',
    ],
    [
      'product_media_gallery_image_url_1,product_media_main_image_url,product_media_main_image_alt',
      'product_media_main_image_url,product_media_gallery_image_url_1',
    ], // Ecwid
    ['image,additional_images', 'image,additional_images'], // OpenCart
    ['image_1920,image_512,image_128', 'image_1920'], // Odoo
    ['product_template_image_ids/image_1920,image_1920', 'image_1920,product_template_image_ids/image_1920'],
    ['image,small_image,thumbnail,media_gallery,_media_image', 'image,_media_image,media_gallery'], // Magento 1
    ['base_image,additional_images,additional_image_labels', 'base_image,additional_images'], // Magento 2
    ['Product Image File - 1,Product Image URL - 1,Product Image ID - 1', 'Product Image URL - 1'], // BigCommerce
    ['Image URL (Import),Internal Image URL (Export)', 'Image URL (Import)'],
    ['productImageUrl', 'productImageUrl'], // Wix
    ['Hosted Image URLs', 'Hosted Image URLs'], // Squarespace
    ['Image Src,Image Position,Image Alt Text,Variant Image', 'Image Src'], // Shopify
    ['Product image URL,Variant image URL', 'Product image URL'],
    ['IMAGE2,IMAGE1,PHOTOS', 'PHOTOS,IMAGE1,IMAGE2'], // Etsy
    ['mainImageUrl,productSecondaryImageURL', 'mainImageUrl,productSecondaryImageURL'], // Walmart
    [
      'Main Image URL,Additional Image URL (+),Additional Image URL 1 (+)',
      'Main Image URL,Additional Image URL (+),Additional Image URL 1 (+)',
    ],
    ['Extra afbeelding 1,Hoofdafbeelding', 'Hoofdafbeelding,Extra afbeelding 1'], // bol.com
    ['media,cover_media_url', 'cover_media_url,media'], // Shopware
    ['media_1,media_2', 'media_1,media_2'], // Zalando
    ['mediaAssets', 'mediaAssets'], // Otto
    ['Zdjęcia,Zdjęcie główne', 'Zdjęcie główne,Zdjęcia'], // Allegro
    ['Bild 1 Pfad/URL,Bild 2 Pfad/URL', 'Bild 1 Pfad/URL,Bild 2 Pfad/URL'], // JTL
    ['mainImage,imageGallery', 'mainImage,imageGallery'], // Pimcore
    ['Image URLs (x,y,z...)'.replaceAll(',', ''), 'Image URLs (xyz...)'], // PrestaShop
  ] as const)
    assert.equal(imagesOf(header), images, header);
});

test('names in other languages are known', () => {
  for (const header of [
    ...['Bild', 'Bild-URL', 'Bilder', 'Bildlink', 'Hauptbild,Bild 2,Weitere Bilder', 'Foto', 'Produktbild'],
    ...['URL des images', 'Image principale,Images supplémentaires', 'lien image,lien image supplémentaire'],
    ...['Imagen', 'Imágenes', 'URL de la imagen', 'enlace imagen,enlace imagen adicional'],
    ...['Immagine', 'Immagini', 'link immagine,link immagine aggiuntiva'],
    ...['Afbeelding', 'Afbeeldingen', 'Afbeelding URL', 'afbeeldingslink,extra afbeeldingslink'],
  ])
    assert.equal(imagesOf(header), header);
});

test('a name that says something else is none, however long it is', () => {
  for (const header of [
    ...['Image Alt Text', 'Image Position', 'image_label', 'Photographer', 'Picture ID', 'Media Type'],
    ...['Link', 'URL', 'Product URL', 'Product', 'Main', 'Gallery Name', 'Brand Image', 'Image 100', '1', ''],
    ...['des'.repeat(5_000), `${'images'.repeat(5_000)}!x`],
  ])
    assert.equal(imagesOf(header), '', header.slice(0, 40));
});

test('beside Input Image Urls no other column is read', () => {
  assert.equal(imagesOf('Image,Input Image Urls,Gallery'), 'Input Image Urls');
});

test('the columns that output.csv adds are known when it is uploaded again', () => {
  for (const name of ['Output Image Urls', 'Output Image Urls (thumb)', 'Status', 'Errors', 'Check (google)'])
    assert.ok(isOurColumn(name), name);
  for (const name of ['Check', 'Check (date)?', 'Checked (google)']) assert.ok(!isOurColumn(name), name);
});
