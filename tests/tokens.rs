//! Tokens over HTTP: forged, foreign, misplaced.
