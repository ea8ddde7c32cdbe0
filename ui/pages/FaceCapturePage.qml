// The camera's preview in an oval, the ring of progress, and the one thing to do now.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

Page {
    id: page
    readonly property FaceCaptureContent shown: view as FaceCaptureContent
    span: true   // the words have no aside: the oval and they share the whole width
    readonly property bool narrow: Theme.elder || back

    Rectangle {
        id: card
        // The words under the oval keep their room; the oval takes what is left.
        readonly property int room: Theme.wide ? parent.height : words.y - Theme.gap
        width: Theme.wide ? Math.min(parent.width * 0.5, height * 0.95) : parent.width
        height: room
        radius: Theme.radius
        color: "#14243A"

        readonly property real high: height - step.height - 2 * Theme.inset - 2 * ring.margin
        Item {
            id: oval
            height: Math.min(card.high, (card.width - 2 * ring.margin - 2 * Theme.inset) * 4 / 3)
            width: height * 3 / 4
            x: (card.width - width) / 2
            y: Theme.inset * 0.7 + ring.margin + (card.high - height) / 2
            FacePreview {
                anchors.fill: parent
                Accessible.role: Accessible.Graphic
                Accessible.name: page.shown.preview
            }
        }
        Item {
            id: ring
            readonly property int margin: 64
            readonly property real a: oval.width / 2 + margin * 0.62
            readonly property real b: oval.height / 2 + margin * 0.62
            x: oval.x + oval.width / 2
            y: oval.y + oval.height / 2
            Repeater {
                model: 60
                Rectangle {
                    required property int index
                    readonly property real turn: index * Math.PI / 30
                    width: 8
                    height: 32
                    radius: 4
                    antialiasing: true
                    x: Math.sin(turn) * ring.a - width / 2
                    y: -Math.cos(turn) * ring.b - height / 2
                    // Along the normal of the ellipse.
                    rotation: Math.atan2(Math.sin(turn) * ring.b, Math.cos(turn) * ring.a) * 180 / Math.PI
                    color: index < page.shown.ticks ? "#3DB89A" : "#77839A"
                }
            }
        }
        Label {
            id: step
            width: card.width
            y: card.height - height - Theme.inset * 0.6
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.step
            color: "#FFFFFF"
            font.pixelSize: Theme.lead
            wrapMode: Text.NoWrap
        }
    }
    Item {
        id: words
        x: Theme.wide ? card.width + 56 : 0
        width: parent.width - x
        // A fixed height for two lines: the oval does not jump when the words change.
        height: Theme.wide ? parent.height - note.height - Theme.gap : Theme.elder ? 330 : 310
        y: Theme.wide ? 0 : note.y - Theme.gap - height
        Column {
            width: parent.width
            anchors.verticalCenter: parent.verticalCenter
            spacing: 16
            Label {
                objectName: "say"
                width: parent.width
                height: Math.min(implicitHeight, words.height * 0.66)
                text: page.shown.say
                font.pixelSize: 84
                font.bold: true
                fontSizeMode: Text.Fit
                minimumPixelSize: 48
                lineHeight: 0.85
                horizontalAlignment: Text.AlignHCenter
                Accessible.role: Accessible.Heading
            }
            Label {
                width: parent.width
                text: page.shown.lead
                color: Theme.soft
                font.pixelSize: Theme.lead
                lineHeight: 0.9
                horizontalAlignment: Text.AlignHCenter
            }
        }
    }
    Note {
        id: note
        x: words.x
        width: words.width
        y: parent.height - height - (page.narrow && !Theme.wide ? Theme.touch + Theme.gap : 0)
        text: page.shown.note
        tone: ""
        icon: "info"
        size: Theme.hint
    }
    PushButton {
        id: other
        objectName: "other"
        parent: page.narrow && !Theme.wide ? page.bodyItem : page.footItem
        y: parent === page.bodyItem ? parent.height - height : 0
        width: parent.width
        text: page.shown.other
        iconName: "again"
        onClicked: CurrentPage.answer("other")
    }
}
