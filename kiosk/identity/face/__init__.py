"""Face capture: models, landmarks, quality, coach, challenges, the sealed picture, its process."""
