/** Pictures from elsewhere: dropped, pasted, chosen, or taken by the camera. */

/**
 * @param {object} parts
 * @param {HTMLInputElement} parts.chooser
 * @param {HTMLElement} parts.curtain  shown while something is dragged over the page
 * @param {(file: Blob, name: string) => void} onbring
 */
export function receive({ chooser, curtain }, onbring) {
  chooser.addEventListener("change", () => {
    const file = chooser.files?.[0];
    if (file) onbring(file, file.name);
    chooser.value = "";
  });

  let depth = 0;
  const carriesFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragenter", (event) => {
    if (carriesFiles(event)) curtain.hidden = ++depth === 0;
  });
  addEventListener("dragleave", (event) => {
    if (carriesFiles(event)) curtain.hidden = --depth <= 0;
  });
  addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    depth = 0;
    curtain.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    onbring(file, file.name);
  });

  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.items ?? [])].find((item) => item.kind === "file")?.getAsFile();
    if (file) onbring(file, file.name || "pasted.png");
  });
}

export class Camera {
  #dialog;
  #video;
  #take;
  /** @type {MediaStream | null} */
  #stream = null;

  /**
   * @param {HTMLDialogElement} dialog  with a video and buttons of the values "take" and "cancel"
   * @param {(picture: Blob, name: string) => void} ontake
   */
  constructor(dialog, ontake) {
    this.#dialog = dialog;
    this.#video = /** @type {HTMLVideoElement} */ (dialog.querySelector("video"));
    this.#take = /** @type {HTMLButtonElement} */ (dialog.querySelector('button[value="take"]'));
    dialog.addEventListener("close", async () => {
      if (dialog.returnValue === "take") ontake(await this.#picture(), "camera.png");
      for (const track of this.#stream?.getTracks() ?? []) track.stop();
      this.#stream = this.#video.srcObject = null;
    });
  }

  /** Whether this browser lets a page use a camera here: on this machine, or over HTTPS. */
  static get isThere() {
    return Boolean(navigator.mediaDevices?.getUserMedia);
  }

  /** Show what the camera sees. Raises an `Error` that says what to do where there is none, or it is not allowed. */
  async open() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 } },
      });
    } catch (error) {
      const denied = error instanceof DOMException && error.name === "NotAllowedError";
      throw new Error(
        denied
          ? "The camera is not allowed; allow it in the browser's address bar."
          : "No camera was found; connect one and try again.",
      );
    }
    this.#video.srcObject = this.#stream;
    this.#dialog.returnValue = "";
    this.#take.disabled = true; // until there is something to take: a camera needs a moment for its first frame
    this.#dialog.showModal();
    try {
      await this.#video.play();
      this.#take.disabled = false;
    } catch (error) {
      if (this.#dialog.open) throw error; // cancelled before the first frame is no mistake
    }
  }

  /** @returns {Promise<Blob>} */
  async #picture() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.#video.videoWidth, this.#video.videoHeight];
    /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(this.#video, 0, 0);
    return new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"),
    );
  }
}
