// What every page with a foreign player in it shares: a video, and what was seen and heard of it.
window.watched = { errors: [], sounds: [], dateOf: () => null };

/** Loudness and the strongest tone, ten times a second; a media element gives its sound away only once. */
window.listenTo = (video) => {
	const context = new AudioContext();
	const analyser = context.createAnalyser();
	analyser.fftSize = 4096;
	context.createMediaElementSource(video).connect(analyser);
	analyser.connect(context.destination);
	const wave = new Float32Array(analyser.fftSize);
	const tones = new Float32Array(analyser.frequencyBinCount);
	setInterval(() => {
		if (context.state === "suspended") context.resume();
		analyser.getFloatTimeDomainData(wave);
		analyser.getFloatFrequencyData(tones);
		const loudness = Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length);
		const strongest = tones.indexOf(Math.max(...tones));
		const hertz = (strongest * context.sampleRate) / analyser.fftSize;
		window.watched.sounds.push([video.currentTime, loudness, hertz]);
	}, 100);
};

/** The page's query: which playlist, and the grant if it is to be sent as a header. */
window.asked = Object.fromEntries(new URLSearchParams(location.search));
