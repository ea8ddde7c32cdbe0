// What a notice answers, point by point, each with its sign.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk

Turning {
    id: facts
    required property var points   // of PointPart
    beside: false
    Repeater {
        model: facts.points
        Item {
            id: point
            required property PointPart modelData
            readonly property bool tied: true
            width: facts.blockWidth
            height: Math.max(sign.height, words.height) + (Theme.wide ? 20 : 36)
            Rectangle {
                id: sign
                x: Theme.inset
                anchors.verticalCenter: parent.verticalCenter
                width: Theme.wide ? 64 : 84
                height: width
                radius: 18
                color: Theme.blueTint
                Icon {
                    anchors.centerIn: parent
                    name: point.modelData.icon
                    size: Theme.wide ? 40 : 48
                }
            }
            Column {
                id: words
                x: sign.x + sign.width + 32
                width: parent.width - x - Theme.inset
                anchors.verticalCenter: parent.verticalCenter
                Label {
                    width: parent.width
                    text: point.modelData.title
                    font.bold: true
                    lineHeight: 0.9
                }
                Label {
                    width: parent.width
                    text: point.modelData.text
                    color: Theme.soft
                    font.pixelSize: Theme.hint
                    lineHeight: 0.9
                }
            }
        }
    }
}
