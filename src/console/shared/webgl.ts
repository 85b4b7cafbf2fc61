/** Draws many copies of one four-cornered strip whose attributes come from one interleaved buffer. */
export interface Program {
  texture(picture: HTMLCanvasElement): void;
  /** Writes floats [from, to) of an array to the same place on the card; a longer array than before goes over whole. */
  upload(data: Float32Array, from: number, to: number): void;
  draw(copies: number, uniforms: Readonly<Record<string, ArrayLike<number>>>): void;
  remove(): void;
}

const FLOAT_BYTES = 4;

/** @param attributes number of floats of each attribute, by location */
export function buildProgram(
  gl: WebGL2RenderingContext,
  vertex: string,
  fragment: string,
  attributes: readonly number[],
): Program {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertex],
    [gl.FRAGMENT_SHADER, fragment],
  ] as const) {
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`the symbols cannot be drawn here: ${gl.getProgramInfoLog(program)}`);
  }
  const buffer = gl.createBuffer();
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  const stride = attributes.reduce((sum, count) => sum + count, 0) * FLOAT_BYTES;
  let offset = 0;
  for (const [location, count] of attributes.entries()) {
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, count, gl.FLOAT, false, stride, offset);
    gl.vertexAttribDivisor(location, 1);
    offset += count * FLOAT_BYTES;
  }
  gl.bindVertexArray(null);
  const locations = new Map<string, WebGLUniformLocation | null>();
  const locationOf = (name: string): WebGLUniformLocation | null => {
    if (!locations.has(name)) locations.set(name, gl.getUniformLocation(program, name));
    return locations.get(name) ?? null;
  };
  let texture: WebGLTexture | null = null;
  let allocated = 0;

  return {
    texture(picture) {
      texture = gl.createTexture();
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
      gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, picture);
      gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
      gl.generateMipmap(gl.TEXTURE_2D);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    },
    upload(data, from, to) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      if (data.length === allocated) gl.bufferSubData(gl.ARRAY_BUFFER, from * FLOAT_BYTES, data, from, to - from);
      else gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
      allocated = data.length;
    },
    draw(copies, uniforms) {
      if (copies === 0 || allocated === 0) return;
      gl.useProgram(program);
      for (const [name, value] of Object.entries(uniforms)) {
        const location = locationOf(name);
        if (value.length === 16) gl.uniformMatrix4fv(location, false, value as Float32Array);
        else if (value.length === 4) gl.uniform4fv(location, value as number[]);
        else if (value.length === 2) gl.uniform2fv(location, value as number[]);
        else gl.uniform1f(location, value[0] ?? 0);
      }
      if (texture) {
        gl.activeTexture(gl.TEXTURE0);
        gl.bindTexture(gl.TEXTURE_2D, texture);
      }
      gl.bindVertexArray(array);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, copies);
      gl.bindVertexArray(null);
    },
    remove() {
      gl.deleteBuffer(buffer);
      gl.deleteVertexArray(array);
      gl.deleteProgram(program);
      gl.deleteTexture(texture);
    },
  };
}
