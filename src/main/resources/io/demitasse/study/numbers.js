/* The large tables of numbers, which stand at the page's end and are unpacked when they are wanted. */

/** When the browser has read the page to its end. */
const wholePage = new Promise(resolve => {
    if (document.readyState === 'loading') {
        document.addEventListener('DOMContentLoaded', resolve);
    } else {
        resolve();
    }
});

/** Unpacks what Page.java has packed: all low bytes, then all high bytes, deflated, in base64. */
async function numbers(name, text, part) {
    await wholePage;
    const place = document.getElementById(`${name}-${text}-${part}`);
    const packed = atob(place.textContent);
    place.remove();
    const deflated = new Uint8Array(packed.length);
    for (let i = 0; i < packed.length; i++) {
        deflated[i] = packed.charCodeAt(i);
    }
    const stream = new Blob([deflated]).stream().pipeThrough(new DecompressionStream('deflate'));
    const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
    const count = bytes.length / 2;
    const result = new Uint16Array(count);
    for (let i = 0; i < count; i++) {
        result[i] = bytes[i] | bytes[count + i] << 8;
    }
    return result;
}
