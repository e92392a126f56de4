"""What the learners share that predict a band or a spectrum directly: perceptron, convolutional, deep tensor network."""
