package rejections

// Held is how many bytes of bodies are held.
func (k *Keeper) Held() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.held
}
